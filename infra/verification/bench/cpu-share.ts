import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const period_us = 20_000;

/**
 * The path and the files' content of a cgroup with the processor share that Lambda gives requests at this memory
 * size: 1,769 MB are a whole processor. Throws unless the kernel has cgroups of version 2 or 1.
 */
export function planCpuShare(root: string, name: string, memory_mb: number) {
  const quota_us = Math.floor((period_us * memory_mb) / 1769);
  if (existsSync(join(root, "cgroup.controllers"))) {
    const controllers = readFileSync(join(root, "cgroup.subtree_control"), "utf8").split(/\s+/);
    if (!controllers.includes("cpu")) throw new Error(`cpu is not in ${root}/cgroup.subtree_control`);
    return { path: join(root, name), settings: { "cpu.max": `${quota_us} ${period_us}` } };
  }
  if (!existsSync(join(root, "cpu"))) throw new Error(`no cpu cgroups in ${root}`);
  const settings = { "cpu.cfs_period_us": String(period_us), "cpu.cfs_quota_us": String(quota_us) };
  return { path: join(root, "cpu", name), settings };
}

export type CpuShare = ReturnType<typeof makeCpuShare>;

/** Creates that cgroup. Throws without the permission, which root has. */
export function makeCpuShare(memory_mb: number) {
  const { path, settings } = planCpuShare("/sys/fs/cgroup", `events-api-bench-${process.pid}`, memory_mb);
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
    /** Limits the process to this share from now on. */
    give: (process_id: number) => {
      write("cgroup.procs", String(process_id));
    },
    /** Call it after all its processes have ended. */
    remove: () => {
      rmdirSync(path);
    },
  };
}
