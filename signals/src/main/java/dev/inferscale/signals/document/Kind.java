package dev.inferscale.signals.document;

import com.fasterxml.jackson.databind.node.MissingNode;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a [Key] takes.
public sealed interface Kind {

  /// What would be right, as it follows "must be".
  String wanted();

  /// A text.
  ///
  /// @param most characters (code points)
  /// @param forms what it must look like; the first that it does not is reported
  record Text(int most, List<Form> forms) implements Kind {
    public Text {
      forms = List.copyOf(forms);
    }

    public static Text of(int most, Form... forms) {
      return new Text(most, List.of(forms));
    }

    @Override
    public String wanted() {
      return forms.isEmpty() ? "a text" : forms.getLast().wanted();
    }
  }

  /// How a text must look.
  ///
  /// @param pattern for the whole text; means the same to Java and to RE2, which the API server has
  /// @param matching whether the text must match or must not
  /// @param sentence the problem, with `%s` where the text is to stand
  /// @param wanted what would be right
  /// @param secret a text in which this is found is never shown; null where any may be
  record Form(
      Pattern pattern, boolean matching, String sentence, String wanted, @Nullable Pattern secret) {
    /// Stands for a text that is not shown.
    public static final String NOT_SHOWN = "a text that may hold a secret";

    public static Form match(String pattern, String sentence, String wanted) {
      return new Form(Pattern.compile(pattern), true, sentence, wanted, null);
    }

    /// The usual sentence.
    public static Form match(String pattern, String wanted) {
      return match(pattern, "is %s but must be " + wanted, wanted);
    }

    /// What must not be, for a secret is in it.
    public static Form refuse(String pattern, String sentence) {
      return new Form(Pattern.compile(pattern), false, sentence, "", Pattern.compile(""));
    }

    public Form hiding(String found) {
      return new Form(pattern, matching, sentence, wanted, Pattern.compile(found));
    }

    public boolean holds(String text) {
      return pattern.matcher(text).matches() == matching;
    }

    /// What is wrong with a text that does not hold to this.
    public String problem(String text) {
      boolean hidden = secret != null && secret.matcher(text).find();
      return sentence.formatted(hidden ? NOT_SHOWN : Quoted.text(text));
    }
  }

  /// One of some words.
  record Word(List<String> words) implements Kind {
    /// Longer ones are not even compared by the API server.
    public static final int MOST = 256;

    public Word {
      words = List.copyOf(words);
    }

    public static Word of(String... words) {
      return new Word(List.of(words));
    }

    /// The constants of an enum in lower case.
    public static Word of(Class<? extends Enum<?>> type) {
      return new Word(
          Arrays.stream(type.getEnumConstants())
              .map(each -> each.name().toLowerCase(Locale.ROOT))
              .toList());
    }

    @Override
    public String wanted() {
      return words.size() == 1 ? words.getFirst() : "one of " + String.join(", ", words);
    }
  }

  /// A duration such as `2s`.
  record Span(Duration least, Duration most) implements Kind {
    @Override
    public String wanted() {
      return DurationText.EXAMPLES + range();
    }

    public boolean holds(Duration duration) {
      return duration.compareTo(least) >= 0 && duration.compareTo(most) <= 0;
    }

    /// `from 1s to 1m`.
    public String range() {
      return "from " + DurationText.of(least) + " to " + DurationText.of(most);
    }
  }

  /// A duration of two intervals of the pool at least, so that it holds two readings. Its preset
  /// gives way to three intervals where these are longer.
  record Intervals(Duration most) implements Kind {
    @Override
    public String wanted() {
      return DurationText.EXAMPLES + "from two intervals to " + DurationText.of(most);
    }

    public Span over(Duration interval) {
      return new Span(interval.multipliedBy(2), most);
    }
  }

  /// A number.
  record Decimal(double least, double most) implements Kind {
    @Override
    public String wanted() {
      return "a number from " + least + " to " + most;
    }
  }

  /// A whole number.
  record Whole(int least, int most) implements Kind {
    @Override
    public String wanted() {
      return "a whole number from " + least + " to " + most;
    }
  }

  /// `true` or `false`.
  record Flag() implements Kind {
    @Override
    public String wanted() {
      return "true or false";
    }
  }

  /// A moment, in UTC. Only in a status.
  record Moment() implements Kind {
    @Override
    public String wanted() {
      return "a time such as 2026-11-27T10:00:00Z";
    }
  }

  /// A list.
  ///
  /// @param distinct whether no item may stand there twice
  /// @param by the key that tells the items apart, in a status; null for a plain list
  record Listing(Kind item, int most, boolean distinct, @Nullable String by) implements Kind {
    public static Listing of(Kind item, int most) {
      return new Listing(item, most, false, null);
    }

    @Override
    public String wanted() {
      String items =
          switch (item) {
            case Text _ -> "texts";
            case Whole _ -> "whole numbers";
            default -> "mappings";
          };
      return "a list of at most " + most + " " + items;
    }
  }

  /// A mapping of any keys to texts.
  record Labels(int most, Form key, Text value) implements Kind {
    @Override
    public String wanted() {
      return "a mapping of at most " + most + " keys to texts";
    }
  }

  /// A mapping of known keys.
  record Mapping(List<Key> keys, List<Rule> rules) implements Kind {
    public Mapping {
      keys = List.copyOf(keys);
      rules = List.copyOf(rules);
    }

    public static Mapping of(Key... keys) {
      return new Mapping(List.of(keys), List.of());
    }

    public Mapping with(Rule... rules) {
      return new Mapping(keys, List.of(rules));
    }

    /// The key of that name, which must exist.
    public Key key(String name) {
      return keys.stream()
          .filter(key -> key.name().equals(name))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("no key " + name));
    }

    /// What is said where the whole mapping is missing: problems by the path of their key. Empty
    /// where every key may be left out.
    public Map<String, String> whenMissing() {
      Map<String, String> problems = new LinkedHashMap<>();
      new DocumentCheck(null, problems::put).mapping(MissingNode.getInstance(), "", this);
      return problems;
    }

    public List<String> names() {
      return keys.stream().map(Key::name).toList();
    }

    @Override
    public String wanted() {
      return "a mapping of keys to values";
    }
  }

  /// Something that Kubernetes puts there and that says nothing about measuring.
  record ReadOver() implements Kind {
    @Override
    public String wanted() {
      return "anything";
    }
  }

  /// A key that belongs to the format and that this version refuses.
  record Unserved(String sentence) implements Kind {
    @Override
    public String wanted() {
      return "left out: " + sentence.replaceFirst("^is ", "");
    }
  }
}
