package dev.inferscale.adapter;

/// A finished answer: status, media type, bytes.
public record Page(int status, String contentType, byte[] body) {}
