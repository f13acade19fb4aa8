import { Button } from "./button.tsx";

interface FormActionsProps {
  /** What the button says that sends the form. */
  submit: string;
  onClose: () => void;
  tone?: "primary" | "danger";
  busy?: boolean;
  /** Why it cannot be sent yet. */
  refused?: string | null;
  /** The keyboard begins at what sends it. */
  autoFocus?: boolean;
  /** What the button says that leaves the form. */
  leave?: string;
}

/** The end of a form: away from it without a change, or on. */
export function FormActions({ submit, onClose, leave = "Cancel", tone = "primary", ...rest }: FormActionsProps) {
  return (
    <div className="flex justify-end gap-2">
      <Button onClick={onClose}>{leave}</Button>
      <Button type="submit" tone={tone} {...rest}>
        {submit}
      </Button>
    </div>
  );
}
