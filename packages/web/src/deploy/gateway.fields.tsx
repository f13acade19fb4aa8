import { Figure, Pick, Row, Text, Tick } from "./fields.tsx";
import type { GatewayDraft } from "./gateway.ts";
import { Pairs } from "./pairs.tsx";

interface GatewayProps {
  gateway: GatewayDraft;
  onGateway: (part: Partial<GatewayDraft>) => void;
}

/** What the gateway does with callers, besides where they come in. */
export function GatewayFields({ gateway, onGateway }: GatewayProps) {
  const { stickiness } = gateway;
  const figure = (part: "connect" | "response" | "idle", label: string) => (
    <Figure
      label={label}
      field={`route.timeouts.${part}Ms`}
      value={gateway[part]}
      onValue={(value) => onGateway({ [part]: value })}
    />
  );
  return (
    <>
      <Tick
        label="Take the path away before the program gets the request"
        value={gateway.stripPrefix}
        onValue={(stripPrefix) => onGateway({ stripPrefix })}
      />
      <Row>
        <Pick
          label="Callers stay with their version"
          field="route.stickiness"
          value={stickiness}
          options={[
            ["none", "No: each request by itself"],
            ["cookie", "By a cookie of the gateway"],
            ["header", "By a header of theirs"],
            ["client", "By their address"],
          ]}
          onValue={(next) => onGateway({ stickiness: next, stickyName: "" })}
        />
        {(stickiness === "cookie" || stickiness === "header") && (
          <Text
            label={stickiness === "cookie" ? "Name of the cookie" : "Name of the header"}
            field="route.stickiness.name"
            placeholder={stickiness === "cookie" ? "sluice" : "x-user"}
            value={gateway.stickyName}
            onValue={(stickyName) => onGateway({ stickyName })}
          />
        )}
      </Row>
      <Row>
        {figure("connect", "Connected within, ms")}
        {figure("response", "Answer begins within, ms")}
        {figure("idle", "Silent at most, ms")}
      </Row>
      <Pairs
        legend="Only requests with these headers"
        noun="header"
        valueLabel="Value"
        pairs={gateway.headers}
        onPairs={(headers) => onGateway({ headers })}
        field="route.headers"
      />
      <Pairs
        legend="Only requests with these cookies"
        noun="cookie"
        valueLabel="Value"
        pairs={gateway.cookies}
        onPairs={(cookies) => onGateway({ cookies })}
        field="route.cookies"
      />
    </>
  );
}
