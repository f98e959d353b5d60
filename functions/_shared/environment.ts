/** An environment variable that must be there. Without one this throws as the function loads, and names it. */
export function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`The environment variable ${name} is not set.`);
  return value;
}

/** Whether it says `on`, and not `off`; throws where it says neither. */
export function isOn(name: string, on: string): boolean {
  const value = process.env[name];
  if (value !== on && value !== "off") throw new Error(`The environment variable ${name} must be "${on}" or "off".`);
  return value === on;
}
