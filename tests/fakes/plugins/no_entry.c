/* A shared object, but no plugin. */
int unrelated_function(void) {
    return 1;
}
