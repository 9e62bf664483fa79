import { Problem } from "../api/client";
import { sentence } from "./States";

/** Why a form was not taken, below its fields. */
export function FormError({ error }: { error: unknown }) {
  if (error === undefined) return null;
  const problem = error instanceof Problem ? error : undefined;
  return (
    <p className="form-error" role="alert">
      {sentence(error instanceof Error ? error.message : String(error))} {problem?.remedy ? sentence(problem.remedy) : ""}
    </p>
  );
}
