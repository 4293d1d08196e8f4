// Ages in lists ("5m") grow while the page is open, and the time of a next try passes; the words are the server's own.

const MINUTE = 60;
const HOUR = 3600;

function age(seconds) {
  const unit = seconds < HOUR ? "minute" : "hour";
  const number = Math.floor(seconds / (unit === "minute" ? MINUTE : HOUR));
  const format = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "narrow" });
  return format.format(number);
}

function tick() {
  for (const time of document.querySelectorAll("time[data-age]")) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    // Older than that, the server's word (a weekday, a date) stays right until midnight.
    if (seconds >= MINUTE && seconds < 6 * HOUR) time.textContent = age(seconds);
  }
  for (const state of document.querySelectorAll(".delivery[data-next]")) {
    if (Date.parse(state.dataset.next) <= Date.now()) state.textContent = state.dataset.late;
  }
}

export function startTimes() {
  setInterval(tick, 10_000);
}
