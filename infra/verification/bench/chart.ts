import type { Figures } from "./figures.ts";
import { floor, limit, ours } from "./variants.ts";

interface Bar {
  name: string;
  value: number;
}

const [width, left, barHeight, gap] = [880, 270, 18, 7];
const longest = width - left - 110;

/** Two panels of bars as SVG, the shortest first: a cold start and warm calls, with where, when and how they were measured. */
export function draw({ variants, machine, node, date, command }: Figures): string {
  const cold = variants.map(({ name, cold: { create } }) => ({ name, value: create?.answer_ms.median }));
  const warm = variants.map(({ name, warm: { create, get } }) => ({
    name,
    value: create && get && (create.cpu_us.median + get.cpu_us.median) / 2,
  }));
  const first = panel(50, "Cold: loading the function and answering its first POST /events, ms", sorted(cold));
  const second = panel(first.end + 40, "Warm: CPU of a POST and of a GET, the mean of both, µs", sorted(warm));
  const caption = `${date.slice(0, 10)}, ${command}, ${machine.processors} x ${machine.processor}, Node.js ${node} with Lambda's flags; a stub of DynamoDB without network`;
  const height = second.end + 40;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img">`,
    "<title>How fast the functions are beside what people would pick instead</title>",
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...first.lines,
    ...second.lines,
    text(20, second.end + 20, caption, 'font-size="11" fill="#57606a"'),
    "</svg>",
    "",
  ].join("\n");
}

function panel(top: number, title: string, bars: Bar[]): { lines: string[]; end: number } {
  const most = Math.max(...bars.map(({ value }) => value));
  const own = bars.find(({ name }) => name === ours)?.value;
  const lines = bars.flatMap(({ name, value }, index) => {
    const y = top + 18 + index * (barHeight + gap);
    const length = Math.max(1, (value / most) * longest);
    const times =
      own === undefined || name === ours ? "" : ` (${(value / own).toFixed(value < own / 10 ? 2 : 1)} x ours)`;
    return [
      text(left - 10, y + 14, name, `text-anchor="end" fill="#1f2328"${name === ours ? ' font-weight="bold"' : ""}`),
      `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" fill="${colour(name)}"/>`,
      text(left + length + 8, y + 14, `${value < 100 ? value.toFixed(1) : value.toFixed(0)}${times}`, 'fill="#1f2328"'),
    ];
  });
  return {
    lines: [text(20, top, title, 'font-size="15" font-weight="bold" fill="#1f2328"'), ...lines],
    end: top + 18 + bars.length * (barHeight + gap),
  };
}

/** What no API can be is grey. */
function colour(name: string): string {
  if (name === ours) return "#1a7f37";
  return name === floor || name === limit ? "#afb8c1" : "#6e7781";
}

function sorted(bars: { name: string; value: number | undefined }[]): Bar[] {
  return bars
    .flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]))
    .sort((one, other) => one.value - other.value);
}

function text(x: number, y: number, content: string, attributes: string): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x.toFixed(0)}" y="${y.toFixed(0)}" ${attributes}>${escaped}</text>`;
}
