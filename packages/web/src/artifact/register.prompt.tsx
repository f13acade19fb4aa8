import { ArrowUp, Plus, X } from "lucide-react";
import { useRef } from "react";
import { Button } from "../ui/button.tsx";
import { Choice, TextArea, TextField } from "../ui/field.tsx";
import { DraftError, type MessageDraft, PLAIN_VARIABLE, ROLES, TYPES, type VariableDraft } from "./register.draft.ts";
import { type FieldsProps, written } from "./register.fields.tsx";
import { variablesOf } from "./register.ts";

/** A text or messages, what stands in their braces, and what they are sent with. */
export function PromptFields(props: FieldsProps) {
  const { draft, onDraft } = props;
  const { text, messages } = draft;
  return (
    <>
      <Choice
        label="What it is"
        value={messages === null ? "text" : "messages"}
        onChange={({ target }) =>
          onDraft(
            target.value === "text"
              ? {
                  messages: null,
                  text: text === "" ? (messages ?? []).map(({ content }) => content).join("\n\n") : text,
                }
              : { messages: [{ key: "first", role: "user", content: text }], text: "" },
          )
        }
      >
        <option value="text">One text</option>
        <option value="messages">Messages of a conversation</option>
      </Choice>
      {messages === null ? (
        <TextArea
          label="Text"
          required
          rows={8}
          dir="auto"
          help={draft.literal ? undefined : "{{name}} stands for a variable."}
          {...written(props, "text")}
        />
      ) : (
        <Messages {...props} messages={messages} />
      )}
      <label className="flex min-h-6 items-center gap-2">
        <input
          type="checkbox"
          checked={draft.literal}
          onChange={({ target }) => onDraft({ literal: target.checked })}
          className="size-4 shrink-0 accent-accent"
        />
        Double braces are text, and nothing is filled in
      </label>
      <Variables {...props} />
      <TextField label="Model" spellCheck={false} {...written(props, "model")} />
      <TextArea
        label="Parameters (JSON or YAML)"
        placeholder='{"temperature": 0.2}'
        spellCheck={false}
        {...written(props, "parameters")}
      />
    </>
  );
}

function Messages({ messages, onDraft, problem }: FieldsProps & { messages: readonly MessageDraft[] }) {
  const made = useRef(0);
  const put = (next: readonly MessageDraft[]): void => onDraft({ messages: next });
  const change = (key: string, part: Partial<MessageDraft>): void =>
    put(messages.map((message) => (message.key === key ? { ...message, ...part } : message)));
  const add = (): void => {
    made.current += 1;
    put([...messages, { key: `new ${made.current}`, role: "user", content: "" }]);
  };
  return (
    <fieldset className="min-w-0 space-y-3">
      <legend className="text-xs font-medium text-muted">Messages, in their order</legend>
      {messages.map(({ key, role, content }, index) => {
        const nth = `message ${index + 1}`;
        return (
          <div key={key} className="space-y-2 rounded-md border border-line p-3">
            <div className="flex items-end gap-2">
              <div className="w-36">
                <Choice
                  label={`Role of ${nth}`}
                  value={role}
                  problem={problem(`messages[${index}].role`)}
                  onChange={({ target }) => change(key, { role: ROLES.find((one) => one === target.value) ?? "user" })}
                >
                  {ROLES.map((one) => (
                    <option key={one}>{one}</option>
                  ))}
                </Choice>
              </div>
              <span className="ml-auto flex gap-1">
                {index > 0 && (
                  <Button
                    tone="quiet"
                    aria-label={`Move ${nth} up`}
                    icon={<ArrowUp aria-hidden className="size-4" />}
                    onClick={() => put(movedUp(messages, index))}
                  />
                )}
                {messages.length > 1 && (
                  <Button
                    tone="quiet"
                    aria-label={`Remove ${nth}`}
                    icon={<X aria-hidden className="size-4" />}
                    onClick={() => put(messages.filter((message) => message.key !== key))}
                  />
                )}
              </span>
            </div>
            <TextArea
              label={`Text of ${nth}`}
              dir="auto"
              value={content}
              problem={problem(`messages[${index}].content`)}
              onChange={({ target }) => change(key, { content: target.value })}
            />
          </div>
        );
      })}
      <Button size="small" onClick={add} icon={<Plus aria-hidden className="size-3.5" />}>
        Add a message
      </Button>
    </fieldset>
  );
}

const movedUp = (messages: readonly MessageDraft[], index: number): MessageDraft[] => {
  const moved = messages.slice(index, index + 1);
  return messages.toSpliced(index, 1).toSpliced(index - 1, 0, ...moved);
};

/** What the texts name, each with what may be given for it. */
function Variables({ draft, onDraft, problem }: FieldsProps) {
  const names = namesIn(draft);
  if (names === null) {
    return <p className="text-xs text-muted">What is in double braces is not a variable, or not complete yet.</p>;
  }
  if (names.length === 0) return null;
  return (
    <fieldset className="min-w-0 space-y-3">
      <legend className="text-xs font-medium text-muted">Variables that the text names</legend>
      {names.map((name, index) => (
        <VariableFields
          key={name}
          name={name}
          variable={draft.variables[name] ?? PLAIN_VARIABLE}
          onVariable={(variable) => onDraft({ variables: { ...draft.variables, [name]: variable } })}
          problem={(field) => problem(`variables[${index}]${field}`)}
        />
      ))}
    </fieldset>
  );
}

/** Null: a text has braces that are no variable, or not yet. */
function namesIn(draft: Parameters<typeof variablesOf>[0]): string[] | null {
  try {
    return variablesOf(draft);
  } catch (error) {
    if (error instanceof DraftError) return null;
    throw error;
  }
}

interface VariableProps {
  name: string;
  variable: VariableDraft;
  onVariable: (variable: VariableDraft) => void;
  problem: (field: string) => string | undefined;
}

const GIVEN = [
  ["needed", "required"],
  ["optional", "optional"],
  ["default", "has a default"],
] as const;

function VariableFields({ name, variable, onVariable, problem }: VariableProps) {
  const { type, given, fallback, description } = variable;
  const put = (part: Partial<VariableDraft>): void => onVariable({ ...variable, ...part });
  return (
    <div className="grid grid-cols-2 gap-2 rounded-md border border-line p-3">
      <Choice
        label={
          <>
            Type of <code>{name}</code>
          </>
        }
        value={type}
        problem={problem(".name") ?? problem(".type")}
        onChange={({ target }) => put({ type: TYPES.find((one) => one === target.value) ?? "string" })}
      >
        {TYPES.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </Choice>
      <Choice
        label={
          <>
            Value of <code>{name}</code>
          </>
        }
        value={given}
        problem={problem(".required")}
        onChange={({ target }) => put({ given: GIVEN.find(([one]) => one === target.value)?.[0] ?? "needed" })}
      >
        {GIVEN.map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </Choice>
      {given === "default" && (
        <TextField
          label={
            <>
              Default of <code>{name}</code>
            </>
          }
          dir="auto"
          value={fallback}
          problem={problem(".default")}
          help={type === "string" ? undefined : "As JSON."}
          onChange={({ target }) => put({ fallback: target.value })}
        />
      )}
      <div className={given === "default" ? "" : "col-span-2"}>
        <TextField
          label={
            <>
              Description of <code>{name}</code>
            </>
          }
          dir="auto"
          value={description}
          problem={problem(".description")}
          onChange={({ target }) => put({ description: target.value })}
        />
      </div>
    </div>
  );
}
