/* Sends the files of a schedule before it is saved. */

import { fullName } from "/static/form/dropped-files.js";
import { tell } from "/static/shared/announce.js";
import { find, setText } from "/static/shared/dom.js";
import { texts } from "/static/texts/schedules.js";
import { noteUpload, uploadOf } from "/static/uploads/known-uploads.js";
import { sendFiles, uploadControl } from "/static/uploads/uploads.js";

const part = find("[data-sending]");
const stop = find("[data-stop-sending]");

const sum = (numbers) => numbers.reduce((all, each) => all + each, 0);
const itemOf = (file) => ({ name: file.name, path: fullName(file), size: file.size, url: uploadOf(file), sent: 0 });

function draw(items) {
  const [sent, total] = [sum(items.map((item) => item.sent)), sum(items.map(({ size }) => size))];
  const percent = total ? Math.floor((100 * sent) / total) : 100;
  find("[data-sending-progress]").value = percent;
  setText(find("[data-sending-text]"), texts.sending(percent, sent, total));
}

/** The ids of the uploads of `files`; null when somebody stopped it. Sent once more, they continue where they are. */
export async function sendAll(files) {
  const items = files.map(itemOf);
  const control = uploadControl({
    onSent: () => draw(items),
    onWait: (on) => (on ? setText(find("[data-sending-text]"), texts.waiting) : draw(items)),
    fileOf: (item) => files[items.indexOf(item)],
    /* What somebody else has begun, nobody finds here. */
    checkOwner: () => {},
  });
  stop.onclick = () => control.stop();
  part.hidden = !files.length;
  draw(items);
  try {
    await sendFiles(items, control);
    return items.map(({ url }) => url.split("/").pop());
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    tell(texts.stopped);
    return null;
  } finally {
    files.forEach((file, place) => items[place].url && noteUpload(file, items[place].url));
    part.hidden = true;
  }
}
