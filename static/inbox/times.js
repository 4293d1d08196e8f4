// Ages in lists ("5m") grow while the page is open; the words come from the server's own forms.

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
}

export function startTimes() {
  setInterval(tick, 30_000);
}
