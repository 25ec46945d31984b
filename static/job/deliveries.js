/* What the webhook of a job was told, and with what answer. */

import { tell } from "/static/shared/announce.js";
import { getDeliveries, redeliver } from "/static/shared/api.js";
import { find, make } from "/static/shared/dom.js";
import { dayAndTime } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";
import { isActive } from "/static/shared/words.js";
import { texts } from "/static/texts/job.js";

const noticeOf = (delivery) => texts.notice[delivery.event] ?? delivery.event;
const list = find("[data-deliveries]");
let drawn = "";

function sendAgain(job, delivery) {
  const button = make("button", { type: "button", className: "button small" }, texts.sendAgain);
  button.addEventListener("click", async () => {
    try {
      await redeliver(job.job_id, delivery.number);
      tell(texts.sendingAgain(noticeOf(delivery)));
      await drawDeliveries(job);
    } catch (error) {
      tell(error.message, { isProblem: true });
    }
  });
  return button;
}

function node(job, delivery) {
  const outcome = delivery.error?.message ?? (delivery.answer ? texts.answered(delivery.answer.status) : "");
  return make("li", { className: "event", "data-delivery": delivery.number },
    make("p", { className: "event-move" }, texts.delivery(noticeOf(delivery), texts.outcomeOf[delivery.status] ?? texts.beingSent)),
    outcome ? make("p", { className: "event-text", dir: "auto" }, outcome) : null,
    make("p", { className: "quiet" }, dayAndTime(delivery.created_at)),
    isActive(delivery) ? null : sendAgain(job, delivery));
}

export async function drawDeliveries(job) {
  /* Its address is told to nobody else. */
  find("[data-deliveries-section]").hidden = !job.webhook_url;
  if (!job.webhook_url) return;
  const { deliveries } = await getDeliveries(job.job_id);
  const text = stringify(deliveries);
  if (text === drawn) return;
  drawn = text;
  list.replaceChildren(...deliveries.map((delivery) => node(job, delivery)));
}
