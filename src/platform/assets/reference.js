// Shows the OpenAPI document as a page to read.
(async () => {
  const answer = await fetch("/api/openapi.json");
  const spec = await answer.json();
  const { headers, schemas } = spec.components;
  const operations = Object.values(spec.paths).flatMap(Object.values);

  // What is true of every line of text is for programs to read.
  const shorten = (schema) => {
    if (schema.pattern?.length > 99) delete schema.pattern;
  };
  Object.values(schemas).forEach(shorten);
  for (const { parameters = [], responses } of operations) {
    parameters.forEach(({ schema }) => shorten(schema));
    // Of all answers alike the introduction speaks, and every problem has the same form.
    for (const response of Object.values(responses)) {
      for (const name of Object.keys(headers)) delete response.headers?.[name];
      if (response.content?.["application/problem+json"]) delete response.content;
    }
  }
  SwaggerUIBundle({
    spec,
    dom_id: "#reference",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: -1,
    defaultModelExpandDepth: 3,
    displayRequestDuration: true,
    filter: true,
    validatorUrl: null,
    // Tokens stay in this page.
    persistAuthorization: false,
  });
})();
