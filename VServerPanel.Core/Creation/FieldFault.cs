namespace VServerPanel.Core.Creation;

/// <summary>Something wrong with one field of a form.</summary>
/// <param name="Field">The property's name in <see cref="CreateRequest"/>.</param>
/// <param name="Message">What is wrong and what to write instead.</param>
public sealed record FieldFault(string Field, string Message);
