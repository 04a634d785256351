package dev.inferscale.adapter.metricsapi.selector;

import dev.inferscale.adapter.metricsapi.selector.Requirement.Operator;
import dev.inferscale.adapter.wire.Quoted;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// Reads one label selector, left to right, one token ahead. The grammar and the words of its
/// complaints are those of Kubernetes, since people search for them:
///
/// ```
/// selector    := "" | requirement *( "," requirement )
/// requirement := "!" key | key | key op value | key ("in"|"notin") "(" value *("," value) ")"
/// op          := "=" | "==" | "!=" | ">" | "<"
/// ```
///
/// A value may be empty. `in` and `notin` are keywords only directly after a key.
final class SelectorParser {
  /// Characters of a selector; an HPA's has a few dozen.
  static final int MAX_LENGTH = 4_096;

  private static final String SYMBOLS = "=!(),<>";

  private final String text;
  private int at;

  /// The token ahead: a symbol, a word, or empty at the end.
  private String token = "";

  SelectorParser(String text) {
    this.text = text;
  }

  LabelSelector parse() throws BadSelector {
    if (text.length() > MAX_LENGTH) {
      throw new BadSelector(
          "the label selector has "
              + text.length()
              + " characters; at most "
              + MAX_LENGTH
              + " are read");
    }
    List<Requirement> requirements = new ArrayList<>();
    advance();
    if (!startsRequirement()) {
      throw found("!, identifier, or 'end of string'");
    }
    requirements.add(requirement());
    while (!token.isEmpty()) {
      if (!token.equals(",")) {
        throw found("',' or 'end of string'");
      }
      advance();
      if (!startsRequirement()) {
        throw found("identifier after ','");
      }
      requirements.add(requirement());
    }
    return new LabelSelector(requirements);
  }

  private boolean startsRequirement() {
    return isWord() || token.equals("!");
  }

  private Requirement requirement() throws BadSelector {
    if (token.equals("!")) {
      advance();
      return new Requirement(key(), Operator.ABSENT, Collections.emptySortedSet());
    }
    String key = key();
    if (token.isEmpty() || token.equals(",")) {
      return new Requirement(key, Operator.EXISTS, Collections.emptySortedSet());
    }
    Operator operator = operator();
    SortedSet<String> values =
        switch (operator) {
          case IN, NOT_IN -> values(key);
          default -> new TreeSet<>(List.of(value(key)));
        };
    if (operator == Operator.GREATER || operator == Operator.LESS) {
      requireInteger(key, values.getFirst());
    }
    return new Requirement(key, operator, Collections.unmodifiableSortedSet(values));
  }

  private String key() throws BadSelector {
    if (!isWord()) {
      throw unparsable("found '" + token + "', expected: identifier");
    }
    String key = token;
    if (!LabelText.isKey(key)) {
      throw unparsable(
          "invalid label key "
              + Quoted.of(key)
              + ": at most 63 letters, digits, '-', '_' or '.', a letter or digit at both ends,"
              + " optionally after a DNS prefix and '/'");
    }
    advance();
    return key;
  }

  private Operator operator() throws BadSelector {
    Operator operator =
        switch (token) {
          case "=" -> Operator.EQUALS;
          case "==" -> Operator.DOUBLE_EQUALS;
          case "!=" -> Operator.NOT_EQUALS;
          case ">" -> Operator.GREATER;
          case "<" -> Operator.LESS;
          case "in" -> Operator.IN;
          case "notin" -> Operator.NOT_IN;
          default ->
              throw unparsable(
                  "found " + Quoted.of(token) + ", expected: in, notin, =, ==, !=, gt, lt");
        };
    advance();
    return operator;
  }

  /// The value of a comparison; nothing before a comma or the end is the empty value.
  private String value(String key) throws BadSelector {
    if (token.isEmpty() || token.equals(",")) {
      return "";
    }
    if (!isWord()) {
      throw unparsable("found '" + token + "', expected: identifier");
    }
    return legalValue(key);
  }

  /// The values of a set: an empty place between its commas is the empty value.
  private SortedSet<String> values(String key) throws BadSelector {
    if (!token.equals("(")) {
      throw unparsable("found " + Quoted.of(token) + " expected: '('");
    }
    SortedSet<String> values = new TreeSet<>();
    do {
      advance();
      values.add(isWord() ? legalValue(key) : "");
    } while (token.equals(","));
    if (!token.equals(")")) {
      throw unparsable("found " + Quoted.of(token) + ", expected: ',' or ')'");
    }
    advance();
    return values;
  }

  private String legalValue(String key) throws BadSelector {
    String value = token;
    if (!LabelText.isValue(value)) {
      throw BadSelector.illegalValue(
          "unable to parse requirement: invalid value "
              + Quoted.of(value)
              + " of label '"
              + key
              + "': at most 63 letters, digits, '-', '_' or '.', a letter or digit at both ends",
          key,
          value);
    }
    advance();
    return value;
  }

  private static void requireInteger(String key, String value) throws BadSelector {
    if (!Requirement.isInteger(value)) {
      throw unparsable(
          "invalid value '" + value + "' of label '" + key + "': '>' and '<' compare integers");
    }
  }

  private boolean isWord() {
    return !token.isEmpty() && SYMBOLS.indexOf(token.charAt(0)) < 0;
  }

  private BadSelector found(String expected) {
    return new BadSelector("found " + Quoted.of(token) + ", expected: " + expected);
  }

  private static BadSelector unparsable(String why) {
    return new BadSelector("unable to parse requirement: " + why);
  }

  private void advance() {
    while (at < text.length() && isSpace(text.charAt(at))) {
      at++;
    }
    int start = at;
    if (at < text.length() && isSymbol(text.charAt(at))) {
      char first = text.charAt(at++);
      boolean takesEquals = first == '=' || first == '!';
      if (takesEquals && at < text.length() && text.charAt(at) == '=') {
        at++;
      }
    } else {
      while (at < text.length() && !isSymbol(text.charAt(at)) && !isSpace(text.charAt(at))) {
        at++;
      }
    }
    token = text.substring(start, at);
  }

  private static boolean isSymbol(char c) {
    return SYMBOLS.indexOf(c) >= 0;
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  }
}
