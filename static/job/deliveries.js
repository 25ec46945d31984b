/* What the webhook of a job was told, and with what answer. */

import { tell } from "/static/shared/announce.js";
import { getDeliveries, redeliver } from "/static/shared/api.js";
import { find, make } from "/static/shared/dom.js";
import { dayAndTime } from "/static/shared/format.js";
import { stringify } from "/static/shared/json.js";
import { isActive } from "/static/shared/words.js";

const EVENTS = {
  "job.progress": '"Progress" notice',
  "job.completed": '"Completed" notice',
  "job.failed": '"Failed" notice',
  "job.cancelled": '"Cancelled" notice',
};
const OUTCOME = { completed: "delivered", failed: "not delivered", cancelled: "stopped" };
const list = find("[data-deliveries]");
let drawn = "";

function sendAgain(job, delivery) {
  const button = make("button", { type: "button", className: "button small" }, "Send again");
  button.addEventListener("click", async () => {
    try {
      await redeliver(job.job_id, delivery.number);
      tell("It is sent again.");
      await drawDeliveries(job);
    } catch (error) {
      tell(error.message, { isProblem: true });
    }
  });
  return button;
}

function node(job, delivery) {
  const what = EVENTS[delivery.event] ?? delivery.event;
  const outcome = delivery.error?.message ?? (delivery.answer ? `Answered ${delivery.answer.status}` : "");
  return make("li", { className: "event", "data-delivery": delivery.number },
    make("p", { className: "event-move" }, `${what}: ${OUTCOME[delivery.status] ?? "being sent"}`),
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
