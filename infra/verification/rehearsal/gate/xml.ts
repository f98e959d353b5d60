/** The texts of all elements with this name, in order; for answers with a known, flat shape. */
export function elementsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, "gs"))].map(([, text = ""]) => unescapeXml(text));
}

export function elementOf(xml: string, name: string): string | undefined {
  return elementsOf(xml, name)[0];
}

const named: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/** Also numeric references: Go writes a quote as &#34;. */
function unescapeXml(text: string): string {
  return text.replace(/&(?:#(x?)([0-9a-f]+)|(\w+));/gi, (all, hex: string, digits: string, name?: string) =>
    name === undefined ? String.fromCodePoint(parseInt(digits, hex ? 16 : 10)) : (named[name] ?? all),
  );
}
