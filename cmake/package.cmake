# cmake --install, and cpack: a .deb and a .tar.gz. What the program can say of itself (manual page, completions) is
# taken from it at the end of the build.
include(GNUInstallDirs)
set(documents ${PROJECT_BINARY_DIR}/package)
add_custom_command(OUTPUT ${documents}/anirec.1 ${documents}/anirec.bash ${documents}/_anirec ${documents}/anirec.fish
  COMMAND ${CMAKE_COMMAND} -E make_directory ${documents}
  COMMAND anirec help --man > ${documents}/anirec.1
  COMMAND anirec completion bash > ${documents}/anirec.bash
  COMMAND anirec completion zsh > ${documents}/_anirec
  COMMAND anirec completion fish > ${documents}/anirec.fish
  DEPENDS anirec)
add_custom_target(package_documents ALL DEPENDS ${documents}/anirec.1)

install(TARGETS anirec RUNTIME)
install(FILES ${documents}/anirec.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${documents}/anirec.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME anirec)
install(FILES ${documents}/_anirec DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${documents}/anirec.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)

set(CPACK_GENERATOR TGZ DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "anirec")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Trains recommenders, from the ratings file to a ranked list of titles")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
include(CPack)
