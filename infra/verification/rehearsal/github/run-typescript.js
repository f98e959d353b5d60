// Preloaded where Node is older than 22.18, which the workflows ask for and which runs TypeScript by itself. Not tsx for all
// that is started: it takes as long to load as most of it runs.
if (process.argv[1]?.endsWith(".ts")) await import(import.meta.resolve("tsx"));

export {};
