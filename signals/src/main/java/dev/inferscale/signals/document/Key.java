package dev.inferscale.signals.document;

import org.jspecify.annotations.Nullable;

/// One key of a ModelPool, said once: the reader, the schema of the custom resource and the
/// reference in the documentation all come from it.
///
/// @param kind what it takes
/// @param effect what it does, for people: one or more sentences, with units
/// @param preset the value of a key that is not written, as one would write it; null for none
/// @param required what to write, for people who left it out; null where they may
public record Key(
    String name, Kind kind, String effect, @Nullable String preset, @Nullable String required) {

  /// A key that may be left out and has no default.
  public static Key of(String name, Kind kind, String effect) {
    return new Key(name, kind, effect, null, null);
  }

  /// The same with a default.
  public Key preset(String text) {
    return new Key(name, kind, effect, text, required);
  }

  /// The same, refused as missing where it is not written, blank or an empty list.
  public Key required(String what) {
    return new Key(name, kind, effect, preset, what);
  }
}
