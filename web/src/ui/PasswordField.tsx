import { useId, useState } from "react";

const LEAST = 12;
const MOST = 128;

/** What is wrong with a new password at first sight; the server looks closer. */
export function passwordFault(password: string): string | undefined {
  const length = [...password.normalize("NFC")].length;
  if (length < LEAST) return `A password has at least ${LEAST} characters; this one has ${length}`;
  return length > MOST ? `A password has at most ${MOST} characters; this one has ${length}` : undefined;
}

interface PasswordFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** A password that is being chosen. */
  isNew?: boolean;
  autoFocus?: boolean;
}

/** A password, which can be looked at. */
export function PasswordField({ label, value, onChange, isNew = false, autoFocus = false }: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <span className="password">
        <input id={id} className="field grow" type={shown ? "text" : "password"} required autoFocus={autoFocus} autoComplete={isNew ? "new-password" : "current-password"} spellCheck={false} aria-describedby={isNew ? `${id}h` : undefined} value={value} onChange={(event) => onChange(event.target.value)} />
        <button type="button" className="button" aria-pressed={shown} aria-label={`Show ${label.toLowerCase()}`} onClick={() => setShown(!shown)}>
          {shown ? "Hide" : "Show"}
        </button>
      </span>
      {isNew && (
        <span id={`${id}h`} className="quiet hint">
          At least {LEAST} characters. A few words in a row are good; no signs or digits are asked for.
        </span>
      )}
    </>
  );
}
