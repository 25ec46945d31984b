/* The page of schedules: jobs that repeat, and the form for a new one or to change one. */

import { setLimits } from "/static/form/gather.js";
import { setLaterTypes } from "/static/form/more-options.js";
import { setTypes } from "/static/form/type-chooser.js";
import { startNotify } from "/static/schedules/notify.js";
import { begin, startForm } from "/static/schedules/schedule-form.js";
import { drawSchedules, setLabels, startRows } from "/static/schedules/schedule-rows.js";
import { tell } from "/static/shared/announce.js";
import { getSchedules, getTypes } from "/static/shared/api.js";
import { find } from "/static/shared/dom.js";
import { poll } from "/static/shared/poll.js";
import { known, maySubmit } from "/static/shared/user.js";

const EVERY_MS = 5000;

async function refresh() {
  const { schedules } = await getSchedules();
  find("[data-loading]").hidden = true;
  find("[data-empty]").hidden = schedules.length > 0;
  drawSchedules(schedules);
}

getTypes().then(({ types, limits }) => {
  setLimits(limits);
  setTypes(types);
  setLaterTypes(types);
  setLabels(types);
}, (error) => tell(error.message, { isProblem: true }));
await known;
find("[data-form-card]").hidden = !maySubmit();
startForm(() => now());
if (maySubmit()) startNotify().catch((error) => tell(error.message, { isProblem: true }));
startRows({ onEdit: begin, onChange: () => now() });
const now = poll(refresh, () => EVERY_MS);
