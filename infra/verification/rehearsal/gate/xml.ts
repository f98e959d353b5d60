/** The texts of all elements with this name, in order; for answers with a known, flat shape and no escaped text. */
export function elementsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, "gs"))].map(([, text = ""]) => {
    if (text.includes("&")) throw new Error(`<${name}> has escaped text, which is not supported here: ${text}`);
    return text;
  });
}

export function elementOf(xml: string, name: string): string | undefined {
  return elementsOf(xml, name)[0];
}
