import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

interface TabsProps<Name extends string> {
  /** What they are parts of. */
  label: string;
  tabs: readonly { name: Name; label: string }[];
  value: Name;
  onChange: (name: Name) => void;
  /** What the chosen one shows. */
  children: ReactNode;
}

/** Parts of a page, one at a time. Which one is the address's to say. */
export function Tabs<Name extends string>({ label, tabs, value, onChange, children }: TabsProps<Name>) {
  const choose = (chosen: string): void => {
    const tab = tabs.find(({ name }) => name === chosen);
    if (tab !== undefined) onChange(tab.name);
  };
  return (
    <Radix.Root value={value} onValueChange={choose} activationMode="manual">
      <Radix.List aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.name}
            value={tab.name}
            className="-mb-px shrink-0 border-b-2 border-transparent px-3 py-2 font-medium text-muted -outline-offset-2 hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      <Radix.Content value={value} tabIndex={-1} className="pt-4">
        {children}
      </Radix.Content>
    </Radix.Root>
  );
}
