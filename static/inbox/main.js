// The inbox works without any of this: each module adds to links, forms and pages that are whole without it.
import { startDialogs } from "./dialogs.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startMentions } from "./mentions.js";
import { startMenus } from "./menus.js";
import { startTimes } from "./times.js";
import { startToasts } from "./toasts.js";
import { startWriting } from "./writing.js";
import { startThread } from "./thread.js";

startToasts();
startWriting();
startThread();
startMentions();
startKeys();
startMenus();
startDialogs();
startTimes();
startLive(document.body.dataset.stream);
