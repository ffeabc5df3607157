namespace Microsoft.ML.Score.Text;

/// <summary>A token that is matched in the text as it stands, before byte pairs are merged.</summary>
/// <param name="Content">The text it matches.</param>
/// <param name="Id">Its id.</param>
/// <param name="Special">Whether decoding may skip it.</param>
internal readonly record struct AddedToken(string Content, int Id, bool Special);
