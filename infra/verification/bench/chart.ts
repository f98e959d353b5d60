import { mean, type Figures } from "./figures.ts";
import { limit, ours, primedLimit } from "./variants.ts";

const [width, left, barHeight, gap] = [880, 270, 18, 7];
const longest = width - left - 110;

/** Panels of bars as SVG, shortest first: cold starts and warm calls, with the place, date and method of measurement. */
export function draw(figures: Figures): string {
  const names = [...new Set(figures.measured.map(({ variant }) => variant))];
  const panels = [
    ["256 MB, cold: loading with whole processors, first answer with a seventh of one, ms", "share", "answer_ms"],
    ["Whole processors, cold: loading and first answer, ms", "whole", "answer_ms"],
    ["Warm: CPU of a call, µs", "warm", "cpu_us"],
  ] as const;
  const lines: string[] = [];
  let top = 50;
  for (const [title, state, figure] of panels) {
    const bars = names
      .map((name) => ({ name, value: mean(figures, name, state, figure) }))
      .filter(({ value }) => !Number.isNaN(value));
    if (bars.length === 0) continue;
    lines.push(...panel(top, title, bars, mean(figures, ours, state, figure)));
    top += bars.length * (barHeight + gap) + 58;
  }
  const { date, command, machine, node } = figures.about;
  const caption = `The mean of a POST and a GET. ${date.slice(0, 10)}, ${command}, ${machine}, Node.js ${node.replace(/ .*/, "")}; not Lambda itself`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}" font-family="system-ui, sans-serif" font-size="13" role="img">`,
    "<title>The functions' speed beside that of the alternatives</title>",
    `<rect width="${width}" height="${top}" fill="#ffffff"/>`,
    ...lines,
    text(20, top - 20, caption, 'font-size="11" fill="#57606a"'),
    "</svg>",
    "",
  ].join("\n");
}

function panel(top: number, title: string, bars: { name: string; value: number }[], own: number): string[] {
  const most = Math.max(...bars.map(({ value }) => value));
  const sorted = bars.toSorted((one, other) => one.value - other.value);
  const lines = sorted.flatMap(({ name, value }, index) => {
    const y = top + 18 + index * (barHeight + gap);
    const length = Math.max(1, (value / most) * longest);
    const times = name === ours ? "" : ` (${(value / own).toFixed(value < own / 10 ? 2 : 1)} x ours)`;
    return [
      text(left - 10, y + 14, name, `text-anchor="end" fill="#1f2328"${name === ours ? ' font-weight="bold"' : ""}`),
      `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" fill="${colour(name)}"/>`,
      text(left + length + 8, y + 14, `${value.toFixed(value < 100 ? 1 : 0)}${times}`, 'fill="#1f2328"'),
    ];
  });
  return [text(20, top, title, 'font-size="15" font-weight="bold" fill="#1f2328"'), ...lines];
}

/** The limit, which no API can reach, is pale. */
function colour(name: string): string {
  if (name === ours) return "#1a7f37";
  return name === limit || name === primedLimit ? "#afb8c1" : "#6e7781";
}

function text(x: number, y: number, content: string, attributes: string): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x.toFixed(0)}" y="${y.toFixed(0)}" ${attributes}>${escaped}</text>`;
}
