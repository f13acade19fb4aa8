import type { Version } from "@sluice/client";
import { useState } from "react";
import { Card } from "../ui/card.tsx";
import { TextArea, TextField } from "../ui/field.tsx";
import { Empty } from "../ui/states.tsx";
import { contentOf, fieldText, previewOf, type Texts } from "./prompt.ts";
import { useVersion, VersionChoice } from "./version-choice.tsx";

type Content = ReturnType<typeof contentOf>;

/** A version's texts, and what they come to with values of its variables. */
export function Prompt({ versions }: { versions: readonly Version[] }) {
  const [texts, setTexts] = useState<Texts>({});
  const version = useVersion(versions);
  if (version === undefined) {
    return (
      <Card>
        <Empty title="It has no such version" />
      </Card>
    );
  }
  const content = contentOf(version.spec);
  const preview = previewOf(content, texts);
  return (
    <div className="space-y-4">
      <VersionChoice versions={versions} />
      <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2">
        <Card title="As it is written">
          <Said messages={written(content)} />
          <Settings content={content} />
        </Card>
        <div className="min-w-0 space-y-4">
          <Variables content={content} texts={texts} problems={preview.problems} onChange={setTexts} />
          <Card title="As a model gets it">
            <div aria-live="polite" className="min-h-32">
              {preview.messages === null ? (
                <p className="px-4 py-3 text-muted">It is shown when every variable has a value.</p>
              ) : (
                <Said messages={preview.messages} />
              )}
            </div>
          </Card>
        </div>
      </div>
    </div>
  );
}

const written = ({ text, messages }: Content): { role: string; text: string }[] => [
  ...(text === undefined ? [] : [{ role: "text", text }]),
  ...(messages ?? []).map(({ role, content }) => ({ role, text: content })),
];

function Said({ messages }: { messages: readonly { role: string; text: string }[] }) {
  return (
    <dl className="divide-y divide-line">
      {messages.map(({ role, text }, index) => (
        <div key={`${index} ${role}`} className="px-4 py-3">
          <dt className="text-xs font-medium text-muted">{role}</dt>
          <dd dir="auto" className="wrap-anywhere whitespace-pre-wrap">
            {text}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What the texts are sent with. */
function Settings({ content: { model, parameters } }: { content: Content }) {
  const pairs = [...(model === undefined ? [] : [["model", model]]), ...Object.entries(parameters)];
  if (pairs.length === 0) return null;
  return (
    <dl className="flex flex-wrap gap-x-6 gap-y-1 border-t border-line px-4 py-3">
      {pairs.map(([name, value]) => (
        <div key={String(name)} className="flex gap-2">
          <dt className="text-muted">{String(name)}</dt>
          <dd className="font-mono wrap-anywhere">{fieldText(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface VariablesProps {
  content: Content;
  texts: Texts;
  problems: Readonly<Record<string, string>>;
  onChange: (texts: Texts) => void;
}

function Variables({ content: { variables = [] }, texts, problems, onChange }: VariablesProps) {
  return (
    <Card title="Variables">
      {variables.length === 0 ? (
        <p className="px-4 py-3 text-muted">It declares none: everybody gets the same text.</p>
      ) : (
        <div className="space-y-3 p-4">
          {variables.map(({ name, type = "string", required = true, default: fallback, description }) => {
            const field = {
              label: `${name}${type === "string" ? "" : ` (${type})`}${required && fallback === undefined ? "" : ", may be left out"}`,
              value: texts[name] ?? "",
              placeholder: fieldText(fallback),
              // An empty field is not wrong before somebody has written in it: that it is needed stands under the preview.
              problem: (texts[name] ?? "") === "" ? undefined : problems[name],
              ...(description !== undefined && { help: description }),
            };
            const write = (value: string): void => onChange({ ...texts, [name]: value });
            return type === "json" ? (
              <TextArea key={name} {...field} onChange={({ target }) => write(target.value)} />
            ) : (
              <TextField key={name} dir="auto" {...field} onChange={({ target }) => write(target.value)} />
            );
          })}
        </div>
      )}
    </Card>
  );
}
