/** Version of all prompts and built-in agents; pinned by every goal's snapshot. Raise it with any change of their texts. */
export const PROMPT_VERSION = 1;
