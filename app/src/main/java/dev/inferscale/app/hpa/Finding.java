package dev.inferscale.app.hpa;

/// Something that an operator should know.
///
/// @param grave true where it does harm now, false for advice
/// @param subject what it is about, such as `hpa/serving/chat`
/// @param sentence what is wrong and what to do, one line
public record Finding(boolean grave, String subject, String sentence) {}
