/* Two-factor login of one's own account: turned on with a code as proof, and off with the password. */

import { tell } from "/static/shared/announce.js";
import { beginTotp, confirmTotp, getTotp, removeTotp } from "/static/shared/api.js";
import { find, make, setText, showText } from "/static/shared/dom.js";
import { texts } from "/static/texts/account.js";

const passwordForm = find("[data-totp-form]");
const setup = find("[data-totp-setup]");
const codeForm = find("[data-totp-code-form]");
const recovery = find("[data-recovery]");
let isOn = false;

export async function drawTwoFactor() {
  draw(await getTotp());
}

function draw({ is_on: on, recovery_codes: left }) {
  isOn = on;
  setText(find("[data-totp-words]"), on ? texts.totpOn(left) : texts.totpOff);
  setText(find("[data-totp-button]"), on ? texts.totpTurnOff : texts.totpTurnOn);
  /* Until this is known, the form would not say what it does. */
  passwordForm.hidden = !setup.hidden;
}

/* Does what a form is for; what is refused stands below the form. */
async function tried(form, act) {
  const error = find("[data-totp-error]", form);
  const button = find("button", form);
  button.disabled = true;
  try {
    await act();
    showText(error, "");
    form.reset();
  } catch (problem) {
    showText(error, problem.fields?.length ? texts.wrongCode : problem.message);
    form.elements[0].select();
  }
  button.disabled = false;
}

async function turnOff(password) {
  await removeTotp(password);
  recovery.hidden = true;
  draw({ is_on: false, recovery_codes: 0 });
  tell(texts.totpTurnedOff);
}

async function begin(password) {
  const { secret, address, qr } = await beginTotp(password);
  find("[data-totp-qr]").src = `data:image/svg+xml,${encodeURIComponent(qr)}`;
  find("[data-totp-address]").href = address;
  setText(find("[data-totp-secret]"), secret.match(/.{4}/g).join(" "));
  passwordForm.hidden = true;
  setup.hidden = false;
  codeForm.elements.code.focus();
}

async function confirm(code) {
  const { recovery_codes: codes } = await confirmTotp(code);
  setup.hidden = true;
  draw({ is_on: true, recovery_codes: codes.length });
  find("[data-recovery-codes]").replaceChildren(...codes.map((each) => make("li", {}, make("code", {}, each))));
  recovery.hidden = false;
  recovery.focus();
  tell(texts.totpTurnedOn);
}

export async function startTwoFactor() {
  await drawTwoFactor();
  passwordForm.addEventListener("submit", (event) => {
    event.preventDefault();
    const password = passwordForm.elements.password.value;
    tried(passwordForm, () => (isOn ? turnOff(password) : begin(password)));
  });
  codeForm.addEventListener("submit", (event) => {
    event.preventDefault();
    tried(codeForm, () => confirm(codeForm.elements.code.value));
  });
  find("[data-totp-cancel]").addEventListener("click", () => {
    setup.hidden = true;
    passwordForm.hidden = false;
    passwordForm.elements.password.focus();
  });
  find("[data-copy-recovery]").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText([...recovery.querySelectorAll("li")].map((each) => each.textContent).join("\n"));
      tell(texts.copied);
    } catch {
      tell(texts.notCopied, { isProblem: true });
    }
  });
}
