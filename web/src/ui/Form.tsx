import type { FormHTMLAttributes } from "react";

interface FormProps extends Omit<FormHTMLAttributes<HTMLFormElement>, "onSubmit"> {
  submit: () => unknown;
}

/** A form that is sent by nobody but us: Enter in a field, or its button, calls `submit`. */
export function Form({ submit, ...more }: FormProps) {
  return (
    <form
      {...more}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    />
  );
}
