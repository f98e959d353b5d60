import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const period_us = 20_000;

export type CpuShare = ReturnType<typeof makeCpuShare>;

/**
 * Creates a cgroup with the processor share that Lambda gives requests at this memory size: 1,769 MB are a whole
 * processor. Throws unless the kernel has cgroups of version 2 or 1, or without the permission, which root has.
 */
export function makeCpuShare(memory_mb: number, root = "/sys/fs/cgroup") {
  const quota_us = Math.floor((period_us * memory_mb) / 1769);
  const isVersion2 = existsSync(join(root, "cgroup.controllers"));
  const settings = isVersion2
    ? { "cpu.max": `${quota_us} ${period_us}` }
    : { "cpu.cfs_period_us": String(period_us), "cpu.cfs_quota_us": String(quota_us) };
  if (isVersion2 && !/\bcpu\b/.test(readFileSync(join(root, "cgroup.subtree_control"), "utf8")))
    throw new Error(`cpu is not in ${root}/cgroup.subtree_control`);
  const path = join(root, isVersion2 ? "" : "cpu", `events-api-bench-${process.pid}`);
  mkdirSync(path);
  try {
    for (const [file, value] of Object.entries(settings)) writeFileSync(join(path, file), value);
  } catch (error) {
    rmdirSync(path);
    throw error;
  }
  return {
    /** Limits the process to this share from now on. */
    give: (process_id: number) => {
      writeFileSync(join(path, "cgroup.procs"), String(process_id));
    },
    /** Call it after all its processes have ended. */
    remove: () => {
      rmdirSync(path);
    },
  };
}
