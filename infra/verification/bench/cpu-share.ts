import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const period_us = 20_000;

/**
 * Where the cgroup is, and what is written to its files, that gives its processes as much of a processor as Lambda
 * gives for requests to this much memory: 1,769 MB are a whole one. Throws where there is none of version 2 or 1.
 */
export function planCpuShare(root: string, name: string, memory_mb: number) {
  const quota_us = Math.floor((period_us * memory_mb) / 1769);
  if (existsSync(join(root, "cgroup.controllers"))) {
    const controllers = readFileSync(join(root, "cgroup.subtree_control"), "utf8").split(/\s+/);
    if (!controllers.includes("cpu")) throw new Error(`cpu is not in ${root}/cgroup.subtree_control`);
    return { path: join(root, name), settings: { "cpu.max": `${quota_us} ${period_us}` } };
  }
  if (!existsSync(join(root, "cpu"))) throw new Error(`there are no cgroups of processors in ${root}`);
  const settings = { "cpu.cfs_period_us": String(period_us), "cpu.cfs_quota_us": String(quota_us) };
  return { path: join(root, "cpu", name), settings };
}

export interface CpuShare {
  /** From now on the process has no more than this share. */
  give(process_id: number): void;
  /** After all its processes have ended. */
  remove(): void;
}

/** Makes that cgroup. Throws where it may not, as without root's rights. */
export function makeCpuShare(memory_mb: number, root = "/sys/fs/cgroup"): CpuShare {
  const { path, settings } = planCpuShare(root, `events-api-bench-${process.pid}`, memory_mb);
  const write = (file: string, value: string) => {
    writeFileSync(join(path, file), value);
  };
  mkdirSync(path);
  try {
    for (const [file, value] of Object.entries(settings)) write(file, value);
  } catch (error) {
    rmdirSync(path);
    throw error;
  }
  return {
    give: (process_id) => {
      write("cgroup.procs", String(process_id));
    },
    remove: () => {
      rmdirSync(path);
    },
  };
}
