// Preloaded if Node is older than 22.18, which the workflows require and which runs TypeScript natively. Not tsx for every
// program: it takes as long to load as most programs run.
if (process.argv[1]?.endsWith(".ts")) await import(import.meta.resolve("tsx"));

export {};
