package dev.inferscale.e2e;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A page that people write, with parts in it that are generated: `<!-- generated: NAME -->` begins
/// one, `<!-- end -->` ends it.
final class MarkedText {
  private static final Pattern PART =
      Pattern.compile("(<!-- generated: ([\\w-]+) -->\n)(.*?)(<!-- end -->)", Pattern.DOTALL);

  private MarkedText() {}

  /// The generated parts of a page, by name.
  static SequencedMap<String, String> parts(String page) {
    SequencedMap<String, String> parts = new LinkedHashMap<>();
    PART.matcher(page).results().forEach(part -> parts.put(part.group(2), part.group(3)));
    return parts;
  }

  /// The page with these parts in the place of what stands there.
  static String with(String page, Map<String, String> parts) {
    return PART.matcher(page).replaceAll(part -> Matcher.quoteReplacement(renewed(part, parts)));
  }

  private static String renewed(MatchResult part, Map<String, String> parts) {
    return part.group(1) + parts.getOrDefault(part.group(2), part.group(3)) + part.group(4);
  }
}
