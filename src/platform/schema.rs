//! What strings read into types must look like, for the OpenAPI document.

/// Describes a type that is read from a string: its name in the document, the pattern
/// (ECMA-262) its texts match, and one of them.
#[macro_export]
macro_rules! string_schema {
    ($type:ty, $name:literal, $description:literal, $pattern:expr, $example:literal) => {
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .description(Some($description))
                    .pattern(Some($pattern))
                    .examples([$example])
                    .into()
            }
        }

        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed($name)
            }
        }
    };
}
