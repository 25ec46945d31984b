/* A video: the browser asks for the parts that it plays. */

import { player } from "/static/files/player.js";

export const show = (file) => player("video", file);
