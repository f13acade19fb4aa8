import { type Target, targetName } from "@sluice/core";

/** `@` is in no name that people may give. */
export const memberName = (deployment: string, target: Target): string => `${deployment}@${targetName(target)}`;

/** The name that people gave, also of what runs at one target of several: what objects in a cluster are called by. */
export const givenName = (name: string): string => name.split("@")[0] ?? name;
