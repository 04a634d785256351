package dev.inferscale.app.quickstart;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Prompts for the demo model, in its own template (ChatML), of varied length: some carry earlier
/// turns of the conversation. The tokenizer adds the BOS.
final class Questions {
  /// The question whose answer is shown as it streams.
  static final String OPENING = "What is a queue?";

  private static final List<String> WORDS =
      List.of(
          "a queue",
          "latency",
          "throughput",
          "autoscaling",
          "a token",
          "a batch",
          "a replica",
          "a hacker",
          "a kluge",
          "patience",
          "a cold start",
          "a cache",
          "an alert",
          "an outage",
          "a bug",
          "a protocol",
          "helium",
          "iron",
          "an admiral",
          "a year",
          "happiness",
          "a foo",
          "a daemon",
          "a patch");

  private final SplittableRandom random;

  Questions(long seed) {
    random = new SplittableRandom(seed);
  }

  /// One request.
  ///
  /// @param toTheEnd whether the answer may end by itself; else all tokens are generated, which
  ///   keeps a worker as busy as a larger model would be
  record Question(String prompt, int maxTokens, boolean toTheEnd) {}

  /// The question that a person sees answered.
  static Question opening() {
    return new Question(prompt(List.of(OPENING)), 64, true);
  }

  /// A prompt that ends where the assistant's answer begins.
  private static String prompt(List<String> turns) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < turns.size(); i++) {
      String role = i % 2 == 0 ? "user" : "assistant";
      text.append("<|im_start|>")
          .append(role)
          .append('\n')
          .append(turns.get(i))
          .append("<|im_end|>\n");
    }
    return text.append("<|im_start|>assistant\n").toString();
  }

  /// The next conversation: one question, after up to three earlier ones with stand-in answers.
  Question next() {
    List<String> turns = new ArrayList<>();
    for (int earlier = random.nextInt(4); earlier > 0; earlier--) {
      turns.add(question());
      turns.add(
          "It is a word that has more than one meaning, as most words do."
              .substring(0, 20 + random.nextInt(40)));
    }
    turns.add(question());
    return new Question(prompt(turns), 32 + random.nextInt(225), false);
  }

  private String question() {
    String word = WORDS.get(random.nextInt(WORDS.size()));
    return random.nextBoolean()
        ? "What is " + word + "?"
        : "Define " + word.replaceFirst("^an? ", "") + ".";
  }
}
