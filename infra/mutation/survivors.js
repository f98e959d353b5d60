/** Says at once what survives: the whole takes hours, and Stryker's own reporters wait for its end. */
class SurvivorsReporter {
  /** @param {{ status: string, fileName: string, location: { start: { line: number, column: number } }, mutatorName: string, replacement?: string }} mutant */
  onMutantTested({ status, fileName, location: { start }, mutatorName, replacement = "" }) {
    if (status !== "Survived" && status !== "NoCoverage") return;
    console.log(`${status}: ${fileName}:${start.line}:${start.column} ${mutatorName} -> ${replacement}`);
  }
}

/** What Stryker's declareClassPlugin makes, whose package only `npm run mutate` installs. */
export const strykerPlugins = [{ kind: "Reporter", name: "survivors", injectableClass: SurvivorsReporter }];
