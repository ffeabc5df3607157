// They pack the solution anew, which takes minutes: `dotnet test` leaves them out unless they are asked for with --filter TestCategory=Install.
[assembly: Explicit("Packs the solution, which takes minutes.")]
[assembly: Category("Install")]
