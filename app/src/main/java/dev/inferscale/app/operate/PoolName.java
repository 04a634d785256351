package dev.inferscale.app.operate;

import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// A pool as a person names it: `NAMESPACE/POOL`, or `POOL` in the namespace `default`.
record PoolName(String namespace, String name) {
  private static final Pattern PART = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");

  @Override
  public String toString() {
    return namespace + "/" + name;
  }

  /// Reads what was typed.
  static final class Converter implements ITypeConverter<PoolName> {
    @Override
    public PoolName convert(String text) {
      int slash = text.indexOf('/');
      String namespace = slash < 0 ? "default" : text.substring(0, slash);
      String name = text.substring(slash + 1);
      if (!PART.matcher(namespace).matches() || !PART.matcher(name).matches()) {
        throw new TypeConversionException(
            "must be NAMESPACE/POOL, such as serving/chat-8b, or POOL in the namespace default");
      }
      return new PoolName(namespace, name);
    }
  }
}
