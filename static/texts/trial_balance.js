/* What the viewer of trial balances says, and its form of the columns. */

import { many, number } from "/static/shared/format.js";

const SEVERITIES = { error: "error", warning: "warning", info: "note" };

export const texts = {
  role: {
    ignore: "Not used", code: "Account code", account: "Account name", type: "Account type",
    debit: "Debit", credit: "Credit", balance: "Balance", opening: "Opening balance",
    side: "Debit or credit", entity: "Entity", period: "Period", currency: "Currency",
  },
  columnIs: (title) => `Column ${title} is`,
  columnName: (name) => `Column ${name}`,
  columns: "Columns",
  chooseColumns: "Choose what a column is and read the file again, as a new job.",
  changeFirst: "Change what a column is first.",
  readAgain: "Read again",
  read: "Read",

  amount: (value, currency) => (currency ? `${value} ${currency}` : value),
  verdict: ({ debit, credit, difference, isBalanced }) => {
    const apart = `debits of ${debit} and credits of ${credit} differ by ${difference}`;
    if (difference !== null) return `The trial balance ${isBalanced ? "balances within the tolerance" : "does not balance"}: ${apart}.`;
    return isBalanced
      ? `The trial balance balances: debits and credits are both ${debit}.`
      : "It is not known whether the trial balance balances: not all amounts could be read, or there are none.";
  },
  accountCount: ({ accounts, rows, twice }) => {
    if (twice) return `${many(accounts, "account")}, ${number(twice)} of them listed twice`;
    return rows > accounts ? `${many(accounts, "account")} in ${many(rows, "row")}` : many(accounts, "account");
  },
  sheet: (name) => `sheet ${name}`,
  layout: (code) => code.replaceAll("_", ", ").replace(", and, ", " and ").replace(", to, ", " to "),
  statedTotals: (row, amounts) => `its own totals in row ${row}: ${amounts.join(" and ")}`,
  more: (count, all) => `Show ${number(count)} more of ${number(all)}`,
  noName: "(no name)",

  income: {
    title: "Income statement", revenue: "Revenue", totalRevenue: "Total revenue", expenses: "Expenses",
    totalExpenses: "Total expenses", loss: "Net loss", net: "Net income",
  },
  balance: {
    title: "Balance sheet", assets: "Assets", totalAssets: "Total assets", liabilities: "Liabilities",
    totalLiabilities: "Total liabilities", equity: "Equity", totalEquity: "Total equity",
    periodLoss: "Net loss of the period", periodNet: "Net income of the period",
    both: "Total liabilities and equity", difference: "Difference to the assets",
  },

  severity: { error: "Error", warning: "Warning", info: "Note" },
  findings: "What to look at",
  findingsCount: (counts) => {
    const said = Object.entries(SEVERITIES).filter(([severity]) => counts[severity]);
    return `What to look at: ${said.map(([severity, noun]) => many(counts[severity], noun)).join(", ")}`;
  },
  noFindings: "Nothing looks wrong.",
  findingsRest: (all, shown) => `All ${number(all)} are in the files; here are the first ${shown}.`,
  showFindings: (count) => `Show ${number(count)}`,
  row: (row) => `Row ${row}`,
  accountRow: (account, row) => `${account} (row ${row})`,

  accounts: "Accounts",
  accountColumn: { row: "Row", code: "Code", account: "Account", type: "Type", debit: "Debit", credit: "Credit" },
  accountType: { asset: "Asset", liability: "Liability", equity: "Equity", revenue: "Revenue", expense: "Expense" },
  noType: "–",
  typeBy: (source) => `by ${source}`,
  total: "Total",

  howRead: "How it was read",
  howColumnsRead: "Columns and what they were read as",
  readAs: (text) => `Read as ${text}`,
  readThisWay: "Read it this way",
  chooseReading: "Choose what to read",
  chooseColumnsTitle: "Choose what the columns are",
};
