/* A trial balance: whether it balances, what looks wrong, both statements, the accounts. */

import { make } from "/static/shared/dom.js";
import { readingsIn, readingsNotice } from "/static/shared/readings.js";
import { mayChange } from "/static/shared/user.js";
import { texts } from "/static/texts/trial_balance.js";
import { choicesForm, columnsForm, reader } from "/static/views/columns.js";

const ROWS = 200;
const LINES = 100;
const FINDINGS = 20;
/* Tens of thousands of rows at once would stop the page for seconds. */
const STEP = 2000;
const ORDER = ["error", "warning", "info"];

/* Amounts are decimal texts and stay so: no cent is lost in a float. */
function money(text) {
  const [, sign, whole, cents] = /^(-?)(\d+)\.(\d+)$/.exec(text) ?? [];
  if (whole === undefined) return text;
  return `${sign ? "−" : ""}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${cents}`;
}

/* Accountants put what is taken off in parentheses. */
function inStatement(text) {
  return text.startsWith("-") ? `(${money(text.slice(1))})` : money(text);
}

const isZero = (text) => /^-?0+\.0+$/.test(text);

function verdict({ reports, extracted_data: data }) {
  const words = texts.verdict({
    debit: texts.amount(money(reports.total_debit), data.currency),
    credit: money(reports.total_credit),
    difference: isZero(reports.difference) ? null : money(reports.difference.replace("-", "")),
    isBalanced: reports.is_balanced,
  });
  return make("p", { className: "tb-verdict", "data-balanced": reports.is_balanced }, words);
}

/* An account can stand in several rows: by mistake twice, or once for each department. */
function counted({ account_count: count, account_rows: rows, accounts_listed_twice: twice, accounts }) {
  return texts.accountCount({ accounts: count ?? accounts.length, rows, twice });
}

function facts({ extracted_data: data, reports }) {
  const stated = reports.stated_totals;
  const list = [
    data.period,
    data.sheet && texts.sheet(data.sheet),
    counted(data),
    texts.layout(data.layout),
    stated && texts.statedTotals(stated.row, [stated.debit, stated.credit].filter((side) => side !== null).map(money)),
  ];
  return make("p", { className: "quiet", dir: "auto" }, list.filter(Boolean).join(" · "));
}

function amountCell(text, className = "") {
  return make("td", { className: `number ${className}` }, text);
}

const moreButton = () => make("button", { type: "button", className: "button small" });

/* How many a click adds; nothing is left to click where all are shown. */
function tellMore(button, shown, count, holder = button) {
  if (shown >= count) holder.remove();
  else button.textContent = texts.more(Math.min(STEP, count - shown), count);
}

/* The lines of one part of a statement; long ones are cut, and the total is always there. */
function part(body, title, lines, total, totalName) {
  body.append(make("tr", { className: "tb-part" }, make("th", { scope: "rowgroup", colSpan: 2 }, title)));
  const row = (line) => make("tr", {},
    make("th", { scope: "row", dir: "auto", className: "tb-line" }, [line.code, line.name].filter(Boolean).join(" ") || texts.noName),
    amountCell(inStatement(line.amount)));
  body.append(...lines.slice(0, LINES).map(row));
  const sum = make("tr", { className: "tb-total" }, make("th", { scope: "row" }, totalName), amountCell(inStatement(total)));
  body.append(sum);
  if (lines.length <= LINES) return;
  let shown = LINES;
  const button = moreButton();
  const holder = make("tr", {}, make("td", { colSpan: 2 }, button));
  button.addEventListener("click", () => {
    holder.before(...lines.slice(shown, shown + STEP).map(row));
    shown += STEP;
    tellMore(button, shown, lines.length, holder);
  });
  tellMore(button, shown, lines.length, holder);
  sum.before(holder);
}

function statement(title, fill) {
  const table = make("table", { className: "tb-statement" }, make("caption", {}, title));
  const group = (...content) => {
    const body = make("tbody");
    if (content.length) part(body, ...content);
    table.append(body);
    return body;
  };
  fill(group);
  return make("div", { className: "tb-sheet" }, table);
}

function result(name, amount) {
  return make("tr", { className: "tb-result" }, make("th", { scope: "row" }, name), amountCell(inStatement(amount)));
}

function income({ income_statement: report }) {
  return statement(texts.income.title, (group) => {
    group(texts.income.revenue, report.revenue, report.total_revenue, texts.income.totalRevenue);
    group(texts.income.expenses, report.expenses, report.total_expenses, texts.income.totalExpenses);
    group().append(result(report.net_income.startsWith("-") ? texts.income.loss : texts.income.net, report.net_income));
  });
}

/* In cents, as a BigInt: equity with the income, plus the liabilities. */
function sum(...amounts) {
  const cents = amounts.reduce((total, text) => total + BigInt(text.replace(".", "")), 0n);
  const digits = String(cents < 0n ? -cents : cents).padStart(3, "0");
  return `${cents < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function balance({ balance_sheet: report, income_statement: { net_income: net } }) {
  const equity = [...report.equity, { code: "", name: net.startsWith("-") ? texts.balance.periodLoss : texts.balance.periodNet, amount: net }];
  return statement(texts.balance.title, (group) => {
    group(texts.balance.assets, report.assets, report.total_assets, texts.balance.totalAssets);
    group(texts.balance.liabilities, report.liabilities, report.total_liabilities, texts.balance.totalLiabilities);
    group(texts.balance.equity, equity, report.total_equity_incl_income, texts.balance.totalEquity);
    const end = group();
    end.append(result(texts.balance.both, sum(report.total_liabilities, report.total_equity_incl_income)));
    if (!isZero(report.equation_difference)) end.append(result(texts.balance.difference, report.equation_difference));
  });
}

function finding(anomaly) {
  const severity = make("strong", { className: "tb-severity", "data-severity": anomaly.severity }, texts.severity[anomaly.severity] ?? anomaly.severity);
  return make("li", { title: anomaly.code }, severity, ` ${anomaly.message}`);
}

function tally(anomalies) {
  const counts = Object.fromEntries(ORDER.map((severity) => [severity, anomalies.filter((anomaly) => anomaly.severity === severity).length]));
  return texts.findingsCount(counts);
}

/* The gravest first; of very many not all. */
function listed(anomalies) {
  return [...anomalies].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity)).slice(0, ROWS);
}

function findingWithPlace(anomaly, names) {
  const item = finding(anomaly);
  if (anomaly.row === null) return item;
  /* A total has no row in the table of accounts. */
  const place = anomaly.account === null
    ? make("span", { className: "quiet" }, texts.row(anomaly.row))
    : make("a", { href: `#${names(anomaly.row)}`, dir: "auto" }, texts.accountRow(anomaly.account, anomaly.row));
  item.append(" ", place);
  return item;
}

function findings(anomalies, names) {
  if (!anomalies.length) return make("p", {}, texts.noFindings);
  const items = listed(anomalies).map((anomaly) => findingWithPlace(anomaly, names));
  const list = make("ul", { className: "tb-findings" }, ...items.slice(0, FINDINGS));
  const rest = anomalies.length > ROWS ? make("p", { className: "quiet" }, texts.findingsRest(anomalies.length, ROWS)) : null;
  if (items.length <= FINDINGS) return list;
  const button = make("button", { type: "button", className: "button small" }, texts.showFindings(items.length));
  button.addEventListener("click", () => { list.append(...items.slice(FINDINGS)); button.replaceWith(rest ?? ""); });
  return make("div", {}, list, button);
}

function accountRow(account, notes, names) {
  const side = (text) => amountCell(isZero(text) ? "" : money(text));
  const row = make("tr", { id: names(account.row), tabIndex: -1 },
    make("td", { className: "number tb-row" }, String(account.row)),
    make("td", { dir: "auto" }, account.code),
    make("th", { scope: "row" }, make("span", { dir: "auto" }, account.name || texts.noName),
      notes.length ? make("ul", { className: "tb-notes" }, ...notes.map(finding)) : null),
    make("td", { title: account.type_source ? texts.typeBy(account.type_source) : "" }, texts.accountType[account.type] ?? texts.noType),
    side(account.debit), side(account.credit));
  if (notes.length) row.dataset.marked = notes[0].severity;
  return row;
}

function accounts(data, reports, names) {
  const notes = new Map();
  for (const anomaly of reports.anomalies) {
    if (anomaly.row !== null && anomaly.account !== null) notes.set(anomaly.row, [...(notes.get(anomaly.row) ?? []), anomaly]);
  }
  const head = [["row", "number"], ["code", ""], ["account", ""], ["type", ""], ["debit", "number"], ["credit", "number"]];
  const body = make("tbody");
  /* What the findings link to is always in sight, however long the list is. */
  const linked = new Set(listed(reports.anomalies).map((anomaly) => anomaly.row));
  let shown = ROWS;
  const show = () => body.replaceChildren(...data.accounts.filter((account, place) => place < shown || linked.has(account.row))
    .map((account) => accountRow(account, notes.get(account.row) ?? [], names)));
  show();
  const table = make("table", { className: "data tb-accounts" },
    make("thead", {}, make("tr", {}, ...head.map(([name, className]) => make("th", { scope: "col", className }, texts.accountColumn[name])))), body,
    make("tfoot", {}, make("tr", { className: "tb-total" }, make("td"), make("td"), make("th", { scope: "row" }, texts.total), make("td"),
      amountCell(money(reports.total_debit)), amountCell(money(reports.total_credit)))));
  const scroll = make("div", { className: "scroll", tabIndex: 0, role: "group", "aria-label": texts.accounts }, table);
  if (shown >= data.accounts.length) return scroll;
  const more = moreButton();
  more.addEventListener("click", () => {
    shown += STEP;
    show();
    tellMore(more, shown, data.accounts.length);
  });
  tellMore(more, shown, data.accounts.length);
  return make("div", {}, scroll, more);
}

/* What was decided, and for whoever may run the file again, what to choose in its place. */
function howRead(extracted, about, heading) {
  const readings = readingsIn(extracted.readings);
  const isTheirs = mayChange(about.job);
  const columns = isTheirs && Array.isArray(extracted.header) ? extracted.header : [];
  if (!readings.length && !columns.length) return null;
  const problem = make("p", { className: "tb-problem", role: "alert", hidden: true });
  const read = reader(about, problem);
  const choose = (option, text) => {
    if (!isTheirs || !Array.isArray(option?.mapping)) return null;
    const button = make("button", { type: "button", className: "button small", "aria-label": texts.readAs(text) }, texts.readThisWay);
    button.addEventListener("click", () => read({ mapping: option.mapping }, button));
    return button;
  };
  const form = columns.length
    ? make("details", { className: "tb-columns", open: readings.length > 0 }, make("summary", {}, texts.howColumnsRead), columnsForm(columns, problem, read))
    : null;
  return make("section", {}, make(heading, {}, texts.howRead), readingsNotice(readings, choose), problem, form);
}

export function view(data, { job, item }) {
  const { extracted_data: extracted, reports } = data;
  const names = (row) => `tb-${item.index}-${item.step ?? 0}-${row}`;
  const found = reports.anomalies;
  /* Of several items each has a heading of its own above. */
  const heading = job.total_items > 1 ? "h4" : "h3";
  return make("div", { className: "tb" },
    verdict(data), facts(data), howRead(extracted, { job, item }, heading),
    make("section", {}, make(heading, {}, found.length ? tally(found) : texts.findings), findings(found, names)),
    make("div", { className: "tb-statements" }, income(reports), balance(reports)),
    make("section", {}, make(heading, {}, texts.accounts), accounts(extracted, reports, names)));
}

/* A file that was refused: what it can be read as, and what a person who knows it can say of its columns. */
export function viewError(data, { job, item }) {
  const choices = Array.isArray(data.choices) ? data.choices : [];
  const columns = Array.isArray(data.header) ? data.header : [];
  if (!mayChange(job)) return make("div", { className: "tb" });
  const heading = job.total_items > 1 ? "h4" : "h3";
  const problem = make("p", { className: "tb-problem", role: "alert", hidden: true });
  const read = reader({ job, item }, problem);
  return make("div", { className: "tb" },
    problem,
    choices.length ? make("section", {}, make(heading, {}, texts.chooseReading), choicesForm(choices, problem, read)) : null,
    columns.length ? make("section", {}, make(heading, {}, texts.chooseColumnsTitle), columnsForm(columns, problem, read, { isRefused: true })) : null);
}
