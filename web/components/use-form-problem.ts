"use client";

/** What is wrong with a form, and the focus to the first field that it is at. */
import { useEffect, useRef, useState } from "react";
import type { ApiProblem } from "taskbridge-auth/client";

export function useFormProblem<Name extends string>() {
  const form = useRef<HTMLFormElement>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);

  useEffect(() => {
    if (problem) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [problem]);

  /** What to say at the field with this name. */
  const errorAt = (field: Name) => problem?.errors.find((error) => error.field === field)?.detail;

  return { form, problem, setProblem, errorAt };
}
