package dev.inferscale.app.operate;

/// How a command prints what it found; lower case, as it is typed.
enum Output {
  text,
  json
}
