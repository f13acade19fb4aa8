import { Toast } from "radix-ui";
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";

interface Note {
  id: number;
  tone: "plain" | "bad";
  title: string;
  detail?: string | undefined;
}

type Tell = (note: Omit<Note, "id">) => void;

const Telling = createContext<Tell>(() => undefined);

/** Tells the user something beside what they do, for a few seconds. */
export const useTell = (): Tell => useContext(Telling);

let next = 0;

export function Toasts({ children }: { children: ReactNode }) {
  const [notes, setNotes] = useState<Note[]>([]);
  const tell = useCallback<Tell>((note) => {
    next += 1;
    const id = next;
    setNotes((all) => [...all.slice(-3), { ...note, id }]);
  }, []);
  const drop = (id: number) => setNotes((all) => all.filter((note) => note.id !== id));
  return (
    <Telling value={tell}>
      <Toast.Provider duration={7_000}>
        {children}
        {notes.map(({ id, tone, title, detail }) => (
          <Toast.Root
            key={id}
            onOpenChange={(open) => !open && drop(id)}
            className={`rounded-lg border bg-raised p-3 shadow-lg ${tone === "bad" ? "border-bad" : "border-line"}`}
          >
            <Toast.Title className={`font-medium ${tone === "bad" ? "text-bad" : ""}`}>{title}</Toast.Title>
            {detail !== undefined && (
              <Toast.Description className="wrap-anywhere text-muted">{detail}</Toast.Description>
            )}
          </Toast.Root>
        ))}
        <Toast.Viewport className="fixed right-4 bottom-4 z-50 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2" />
      </Toast.Provider>
    </Telling>
  );
}
