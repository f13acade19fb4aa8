import { useQuery } from "@tanstack/react-query";
import { environmentsQuery } from "../api/queries.ts";
import { useProject } from "../app/project.tsx";
import { Choice, TextArea, TextField } from "../ui/field.tsx";
import { ALERT_NAMES, ALERTS, type ChannelFields, TLS } from "./channel.ts";
import { headersIn } from "./headers.ts";

interface ChannelFieldsetProps {
  fields: ChannelFields;
  put: (changed: Partial<ChannelFields>) => void;
  /** What the server says of a field. */
  at: (field: string) => string | undefined;
  /** There is a channel already: what of it is secret stays hidden. */
  isKnown: boolean;
}

/** Where a channel's messages go, and of what it tells. */
export function ChannelFieldset({ fields, put, at, isKnown }: ChannelFieldsetProps) {
  const { data } = useQuery(environmentsQuery(useProject()));
  return (
    <>
      {fields.type === "email" ? (
        <MailFields {...{ fields, put, at, isKnown }} />
      ) : (
        <TextField
          label={fields.type === "slack" ? "Address of the incoming webhook" : "Address"}
          type="url"
          required
          value={fields.url}
          onChange={(event) => put({ url: event.target.value })}
          problem={at("url")}
          help={isKnown ? "What is not shown of it stays as it is, until there is another address" : undefined}
        />
      )}
      {fields.type === "webhook" && (
        <TextArea
          label="Headers of its requests"
          rows={2}
          spellCheck={false}
          autoComplete="off"
          value={fields.headers}
          onChange={(event) => put({ headers: event.target.value })}
          problem={headersIn(fields.headers) === null ? "Each line is a name, a colon and a value" : at("headers")}
          help="A name, a colon and a value on each line; the values are kept secret"
        />
      )}
      <fieldset className="space-y-1.5">
        <legend className="mb-1 text-xs font-medium text-muted">Tells when</legend>
        <div className="grid grid-cols-1 gap-1 sm:grid-cols-2">
          {ALERT_NAMES.map((alert) => (
            <label key={alert} className="flex min-h-6 items-center gap-2">
              <input
                type="checkbox"
                className="size-4 accent-accent"
                checked={fields.alerts.includes(alert)}
                onChange={({ target }) =>
                  put({
                    alerts: ALERT_NAMES.filter((one) => (one === alert ? target.checked : fields.alerts.includes(one))),
                  })
                }
              />
              {ALERTS[alert]}
            </label>
          ))}
        </div>
      </fieldset>
      <Choice
        label="Of deployments in"
        value={fields.environment}
        onChange={(event) => put({ environment: event.target.value })}
      >
        <option value="">Every environment</option>
        {/* An environment that is gone is still what the channel hears of. */}
        {fields.environment !== "" && data?.items.every(({ name }) => name !== fields.environment) !== false && (
          <option>{fields.environment}</option>
        )}
        {data?.items.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </Choice>
    </>
  );
}

function MailFields({ fields, put, at, isKnown }: ChannelFieldsetProps) {
  const text = (
    field: "host" | "port" | "user" | "password" | "from" | "to",
    label: string,
    { type = "text", ...more }: { type?: string; placeholder?: string } = {},
  ) => (
    <TextField
      label={label}
      type={type}
      autoComplete={type === "password" ? "new-password" : "off"}
      value={fields[field]}
      onChange={(event) => put({ [field]: event.target.value })}
      problem={at(field)}
      {...more}
    />
  );
  return (
    <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
      {text("host", "SMTP server")}
      {text("port", "Port")}
      <Choice
        label="Encryption"
        value={fields.tls}
        onChange={(event) => put({ tls: TLS.find((one) => one === event.target.value) ?? "starttls" })}
        problem={at("tls")}
      >
        {TLS.map((tls) => (
          <option key={tls}>{tls}</option>
        ))}
      </Choice>
      {text("from", "From", { type: "email" })}
      {text("user", "User (empty: none)")}
      {text("password", isKnown ? "Password (empty: as it is)" : "Password", { type: "password" })}
      <div className="sm:col-span-2">{text("to", "To (addresses with commas)")}</div>
    </div>
  );
}
