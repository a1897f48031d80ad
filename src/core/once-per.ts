/** What is made of an object that does not change any more, made once and kept as long as the object. Pure, sandbox-safe. */
export function oncePer<Key extends object, Value extends object | number>(
  make: (key: Key) => Value,
): (key: Key) => Value {
  const made = new WeakMap<Key, Value>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
