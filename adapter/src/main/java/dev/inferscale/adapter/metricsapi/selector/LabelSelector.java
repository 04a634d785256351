package dev.inferscale.adapter.metricsapi.selector;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Kubernetes' label selector: conditions that all have to hold. The empty one matches everything.
/// Its text is canonical: sorted by key, sets sorted.
public record LabelSelector(List<Requirement> requirements) {

  /// The empty one.
  public static final LabelSelector EVERYTHING = new LabelSelector(List.of());

  public LabelSelector {
    List<Requirement> sorted = new ArrayList<>(requirements);
    sorted.sort(Comparator.comparing(Requirement::key));
    requirements = List.copyOf(sorted);
  }

  /// Reads a selector.
  ///
  /// @throws BadSelector where the text is no selector, or longer than a selector may be
  public static LabelSelector parse(String text) throws BadSelector {
    return text.isBlank() ? EVERYTHING : new SelectorParser(text).parse();
  }

  /// Whether all conditions hold.
  ///
  /// @param labels the value of a key, null where there is no such label
  public boolean matches(Function<String, @Nullable String> labels) {
    for (Requirement requirement : requirements) {
      if (!requirement.matches(labels)) {
        return false;
      }
    }
    return true;
  }

  /// The selector made of those requirements that pass.
  public LabelSelector only(Predicate<Requirement> passes) {
    return new LabelSelector(requirements.stream().filter(passes).toList());
  }

  @Override
  public String toString() {
    return requirements.stream().map(Requirement::toString).collect(Collectors.joining(","));
  }
}
