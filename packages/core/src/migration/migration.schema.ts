import { z } from "zod";

/** Done to the data by a program that Sluice runs, once; in the version's working folder, with the deployment's variables. */
const runMigrationSchema = z.strictObject({
  name: z
    .string()
    .regex(
      /^[A-Za-z0-9][-\w.]{0,99}$/,
      "1 to 100 of letters, digits, '-', '_' and '.', beginning with a letter or digit",
    ),
  command: z.array(z.string().min(1).max(4_096)).min(1).max(256),
  timeoutSeconds: z.number().int().min(1).max(86_400).default(600),
});

/** A name alone declares what somebody else does, usually the program when it starts. */
const migrationSchema = z.union([z.string().min(1).max(255), runMigrationSchema]);

/**
 * What a version does to its data (`up`), and how each of that is taken back (`down`, by the same name). Migrations up run in the
 * order in which they are written; those that were run are taken back in the opposite order.
 */
export const migrationsSchema = z
  .strictObject({ up: z.array(migrationSchema).max(100), down: z.array(migrationSchema).max(100) })
  .superRefine(({ up, down }, context) => {
    const names = runnable(up).map(({ name }) => name);
    for (const [list, entries] of [["up", up] as const, ["down", down] as const]) {
      for (const [index, entry] of entries.entries()) {
        const name = nameOf(entry);
        if (entries.findIndex((other) => nameOf(other) === name) !== index) {
          context.addIssue({
            code: "custom",
            path: [list, index],
            message: `a name that is not there yet; ${name} is`,
          });
        } else if (list === "down" && typeof entry !== "string" && !names.includes(name)) {
          const message = names.length === 0 ? "nothing: `up` has no command" : `one of \`up\`: ${names.join(", ")}`;
          context.addIssue({ code: "custom", path: [list, index, "name"], message });
        }
      }
    }
  });

export type Migrations = z.infer<typeof migrationsSchema>;
export type RunMigration = z.infer<typeof runMigrationSchema>;

const nameOf = (entry: Migrations["up"][number]): string => (typeof entry === "string" ? entry : entry.name);

/** Those that Sluice runs. */
export const runnable = (entries: Migrations["up"]): RunMigration[] =>
  entries.filter((entry): entry is RunMigration => typeof entry !== "string");

/** Whether something is done to the data that nothing takes back (edge case 50). */
export function cannotBeTakenBack(migrations: Migrations | undefined): boolean {
  if (migrations === undefined || migrations.up.length === 0) return false;
  if (migrations.down.length === 0) return true;
  const back = runnable(migrations.down).map(({ name }) => name);
  return runnable(migrations.up).some(({ name }) => !back.includes(name));
}
