namespace Microsoft.ML.Score.Text;

/// <summary>A token that is matched in the text as it stands, before byte pairs are merged.</summary>
/// <param name="Content">The text it matches.</param>
/// <param name="Id">Its id.</param>
/// <param name="Special">Whether decoding may skip it.</param>
/// <param name="Lstrip">Whether it takes the white space before it along.</param>
/// <param name="Rstrip">Whether it takes the white space behind it along.</param>
/// <param name="Normalized">Whether it is matched in normalised text, after the tokens that are not.</param>
internal readonly record struct AddedToken(string Content, int Id, bool Special, bool Lstrip = false, bool Rstrip = false, bool Normalized = false);
