package dev.inferscale.signals.profile;

import java.util.List;

/// A profile's text that cannot be used, with everything that is wrong with it.
public final class BadProfile extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  private final transient List<String> faults;

  BadProfile(List<String> faults) {
    super(String.join("\n", faults));
    this.faults = List.copyOf(faults);
  }

  /// One sentence for each fault: the path of the key, its value, and what would be right.
  public List<String> faults() {
    return faults;
  }
}
